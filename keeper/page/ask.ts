/**
 * Asks the API. An error carries the sentence that the server gave.
 */
import type { Block } from "./types.ts";

export type Answer<T> = { readonly block: Block; readonly data: T };

export async function ask<T>(path: string): Promise<Answer<T>> {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  const body = (await response.json()) as Answer<T> & { readonly error?: string };
  if (!response.ok) throw new Error(body.error ?? `The server answered ${response.status}`);
  return body;
}
