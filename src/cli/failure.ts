/** It was tried and did not work: exit code 1. The message is all that a person needs. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

/** The command line cannot be meant: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
