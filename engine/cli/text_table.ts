/**
 * Rows of words as aligned columns.
 * @module
 */

/** How one column stands. */
export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

/** A title line and one line per row; columns are as wide as their widest word. */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => (row[index] ?? "").length))
  );
  const lineOf = (words: readonly string[]): string =>
    columns.map(({ align }, index) => {
      const word = words[index] ?? "";
      return align === "left" ? word.padEnd(widths[index]!) : word.padStart(widths[index]!);
    }).join("  ").trimEnd();
  return [lineOf(columns.map(({ title }) => title)), ...rows.map(lineOf)];
}
