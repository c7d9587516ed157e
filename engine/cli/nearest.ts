/**
 * The word that was probably meant.
 * @module
 */

/** The nearest of the known words, when it is near enough to have been meant. */
export function nearest(found: string, known: readonly string[]): string | undefined {
  const wanted = found.toLowerCase();
  if (found.length >= 3) {
    const longer = known.find((word) => word.toLowerCase().startsWith(wanted));
    if (longer !== undefined) return longer;
  }
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(Math.min(found.length, 12) / 3)) + 1;
  for (const word of known) {
    const distance = editDistance(wanted.slice(0, 64), word.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [word, distance];
  }
  return best;
}

/** Levenshtein's distance: edits that turn one word into the other. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      const edit = Math.min(previous[column]!, current[column - 1]!) + 1;
      current.push(Math.min(edit, previous[column - 1]! + cost));
    }
    previous = current;
  }
  return previous[b.length]!;
}
