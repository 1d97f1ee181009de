/** What the program knows of its commands before it loads one. */
export const COMMANDS = ["keys", "usage", "requests", "config", "backup", "doctor"] as const;

export const CLI_HELP = `  sluice keys list [--provider NAME] [--status S,…] [--search TEXT] [--limit N]
  sluice keys import FILE|- --provider NAME [--tags a,b] [--on-duplicate skip|update|restore] [--dry-run]
      [--validate [--on-refused disable|leave-out]]   ask the vendor about each key first
  sluice keys validate [--provider NAME] [--status S,…] [--search TEXT] [--tags a,b] [--disable-invalid]
  sluice usage [--from now-24h] [--to now] [--by model|provider|key|client|client-tag|key-tag] [--top N] [--time-zone UTC]
  sluice requests tail [--model M,…] [--errors] [--count N]
  sluice config export [--with-secrets] · diff FILE|- [--prune] · apply FILE|- [--prune] [--dry-run] [--expect VERSION]
  sluice backup [DIRECTORY] [--data-dir ./data]   consistent copies of the databases, also while the gateway runs
  sluice doctor [--data-dir ./data]               look for what is wrong, and say what to do
    these talk to --url or SLUICE_URL (http://127.0.0.1:8000) with ADMIN_TOKEN or --token-file FILE; --json for programs
`;
