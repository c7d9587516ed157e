/**
 * Parameters of one request, as text, wherever they stood.
 * @module
 */
import { type Failure, failure } from "./failures.ts";

/** Parameters by name; a name in both query and body is the query's. */
export type Params = ReadonlyMap<string, string>;

/** Reads a query and a form body; undefined when something cannot be percent-decoded. */
export function paramsOfHttp(query: string, body: string): Params | undefined {
  const params = new Map<string, string>();
  for (const part of [body, query]) {
    for (const pair of part.split("&")) {
      if (pair === "") continue;
      const at = pair.indexOf("=");
      const name = at < 0 ? pair : pair.slice(0, at);
      const value = at < 0 ? "" : pair.slice(at + 1);
      try {
        params.set(decodeURIComponent(name), decodeURIComponent(value.replaceAll("+", " ")));
      } catch {
        return undefined;
      }
    }
  }
  return params;
}

/** Reads the `params` object of a WebSocket request. */
export function paramsOfJson(values: unknown): Params {
  const params = new Map<string, string>();
  if (typeof values !== "object" || values === null) return params;
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined) continue;
    params.set(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  return params;
}

/** A parameter that must be there. */
export function mandatory(params: Params, name: string): string | Failure {
  const value = params.get(name);
  return value === undefined || value === "" ? missing(name) : value;
}

/** The answer to a parameter that is not there. */
export function missing(name: string): Failure {
  return failure(
    -1102,
    `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`,
  );
}

/** Whether a flag is set. */
export function flag(params: Params, name: string): boolean {
  return params.get(name)?.toLowerCase() === "true";
}

/** A whole number, or undefined when absent or not one. */
export function whole(params: Params, name: string): number | undefined {
  const text = params.get(name);
  if (text === undefined || !/^\d{1,17}$/.test(text)) return undefined;
  return Number(text);
}

/** Reads a JSON array of texts or numbers, as `["a","b"]` or `[1,2]`. */
export function listOf(params: Params, name: string): string[] | undefined {
  const text = params.get(name);
  if (text === undefined) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.map(String) : undefined;
  } catch {
    return undefined;
  }
}
