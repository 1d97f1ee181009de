/**
 * The version that a refused save should have expected, when that was the reason. The form says so once, with what was typed
 * kept; saving again then overwrites knowingly.
 */
export function staleVersion(errors: readonly object[]): number | undefined {
  const found = errors.find((each): each is { currentVersion: number } => "currentVersion" in each);
  return found?.currentVersion;
}
