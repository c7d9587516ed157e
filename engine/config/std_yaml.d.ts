/** Types of what we use of @std/yaml; its npm mirror ships none. */
export interface ParseOptions {
  schema?: "failsafe" | "json" | "core" | "default";
}
export interface StringifyOptions {
  schema?: "failsafe" | "json" | "core" | "default";
  lineWidth?: number;
}
export function parseAll(text: string, options?: ParseOptions): unknown;
export function stringify(value: unknown, options?: StringifyOptions): string;
