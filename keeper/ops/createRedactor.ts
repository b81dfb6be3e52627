/**
 * Keeps secrets out of everything that is written, whatever sentence or error they end up in. The last line of defence: nothing is meant to put
 * them there.
 */

/** @param secrets Texts; the ones too short to be secret are left out, because they would blot out everything. */
export function createRedactor(secrets: readonly (string | undefined)[]): (text: string) => string {
  const found = secrets.filter((secret): secret is string => secret !== undefined && secret.length >= 8);
  const patterns = [...new Set(found)]
    .toSorted((a, b) => b.length - a.length)
    .map((secret) => new RegExp(escaped(secret), "gi"));
  return (text) => patterns.reduce((redacted, pattern) => redacted.replace(pattern, "[redacted]"), text);
}

/** The parts of an endpoint's address that grant access: password, path, query. Of several with commas, those of each. */
export function secretsOfUrl(url: string | undefined): string[] {
  if (url === undefined) return [];
  // one address may have commas in itself: then it is taken as a whole, too
  const addresses = new Set([url, ...url.split(",")].map((address) => address.trim()));
  return [...addresses].flatMap((address) => {
    if (!URL.canParse(address)) return [];
    const { password, pathname, search } = new URL(address);
    return [password, pathname.replace(/^\/+/, ""), search.replace(/^\?/, "")].filter((part) => part.length >= 8);
  });
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
