// The files that were chosen in this visit, by tab and by their place in the variables. Kept in memory only.
import type { ChosenFile, ChosenFiles } from "./multipart-form.ts";

const NONE: ChosenFiles = new Map();
const chosen = new Map<string, ChosenFiles>();
const readers = new Set<() => void>();

/** The tab's files. The same object until they change. */
export function readChosenFiles(tab: string): ChosenFiles {
  return chosen.get(tab) ?? NONE;
}

/** Puts files into a place; none empties it. */
export function chooseFiles(tab: string, path: string, choice: ChosenFile): void {
  const files = new Map(readChosenFiles(tab));
  if (choice.files.length > 0) files.set(path, choice);
  else files.delete(path);
  chosen.set(tab, files);
  for (const reader of readers) reader();
}

/** Calls `reader` whenever files are chosen or removed. Yields what ends that. */
export function subscribeToFiles(reader: () => void): () => void {
  readers.add(reader);
  return () => void readers.delete(reader);
}
