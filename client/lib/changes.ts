/**
 * What a person changed in a form: the fields of `after` that differ from `before`. An update sends these alone, so that what
 * the form does not show, shows rounded, or somebody else has set meanwhile stays as it is.
 */
export function changedFields<Input extends object>(before: Input, after: Input): Partial<Input> {
  const was = before as Readonly<Record<string, unknown>>;
  const changed = Object.entries(after).filter(([name, value]) => JSON.stringify(was[name]) !== JSON.stringify(value));
  return Object.fromEntries(changed) as Partial<Input>;
}
