/*
  What a result says of files that the sources hold and that were not read.
*/
import { newPassedOver } from '../../source/data-files.js'
import type { ExpandedSources } from '../../source/expand-sources.js'

/** Files that were not read, or not twice. */
export interface SourceNotes {
  /**
   * Files in folders that were not taken; `byKind` has extensions such as `.txt`, and `hidden`, `no extension`, `special` (pipes
   * and the like) and `others`; `first` the first 20 paths.
   */
  passedOver: { files: number; byKind: Record<string, number>; first: string[] }
  /** Names of files that were inputs already, under another name or the same; `first` the first 20. */
  sameFiles: { count: number; first: { path: string; input: string }[] }
}

export function sourceNotesOf({
  passedOver: { files, byKind, first },
  sameFiles,
}: Pick<ExpandedSources, 'passedOver' | 'sameFiles'>): SourceNotes {
  return {
    passedOver: { files, byKind: { ...byKind }, first: [...first] },
    sameFiles: { count: sameFiles.count, first: [...sameFiles.first] },
  }
}

/** Of sources that were not looked at. */
export function noSourceNotes(): SourceNotes {
  return sourceNotesOf({ passedOver: newPassedOver(), sameFiles: { count: 0, first: [] } })
}
