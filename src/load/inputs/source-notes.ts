/*
  What a result says of files that the sources hold and that were not read.
*/
import { newPassedOver } from '../../source/data-files.js'
import type { ExpandedSources } from '../../source/expand-sources.js'

/** Files that were not read, or not twice. */
export interface SourceNotes {
  /**
   * Files in folders and archives that were not taken; `byKind` has extensions such as `.txt`, and `hidden`, `no extension`, `special` (pipes
   * and the like) and `others`, and `unmatched` for inputs that `input.path` leaves out; `first` the first 20 paths.
   */
  passedOver: { files: number; byKind: Record<string, number>; first: string[] }
  /** Names of files that were inputs already, under another name or the same; `first` the first 20. */
  sameFiles: { count: number; first: { path: string; input: string }[] }
}

export function sourceNotesOf({
  passedOver,
  passedMembers = newPassedOver(),
  unmatched = [],
  sameFiles,
}: Pick<ExpandedSources, 'passedOver' | 'passedMembers' | 'unmatched' | 'sameFiles'>): SourceNotes {
  const byKind = { ...passedOver.byKind }
  for (const [kind, count] of Object.entries(passedMembers.byKind)) {
    byKind[kind] = (byKind[kind] ?? 0) + count
  }
  if (unmatched.length > 0) byKind['unmatched'] = unmatched.length
  return {
    passedOver: {
      files: passedOver.files + passedMembers.files + unmatched.length,
      byKind,
      first: [...unmatched, ...passedOver.first, ...passedMembers.first].slice(0, mostNamed),
    },
    sameFiles: { count: sameFiles.count, first: [...sameFiles.first] },
  }
}

const mostNamed = 20

/** Of sources that were not looked at. */
export function noSourceNotes(): SourceNotes {
  return sourceNotesOf({ passedOver: newPassedOver(), sameFiles: { count: 0, first: [] } })
}
