/** "Did you mean": finds the known name nearest to an unknown one. */

const plain = (word: string) => word.toLowerCase().replace(/[_\- ]/g, "");

/** Edits (insert, delete, replace, swap of neighbours) from one word to the other. */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** The candidate nearest to `word`, or null when none is near: at most a third of its letters, at least one, differ. */
export function nearest(word: string, candidates: Iterable<string>, limit?: number): string | null {
  const most = limit ?? Math.max(1, Math.floor(plain(word).length / 3));
  let found: { candidate: string; edits: number } | null = null;
  for (const candidate of candidates) {
    const edits = distance(plain(word), plain(candidate));
    if (edits <= most && edits < (found?.edits ?? Number.POSITIVE_INFINITY)) found = { candidate, edits };
  }
  return found?.candidate ?? null;
}
