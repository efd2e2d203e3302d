/*
  The part of a result that names files of the sources that were left out, or named twice.
*/
import { newPassedOver } from '../../source/data-files.js'
import type { ExpandedSources } from '../../source/expand-sources.js'

export interface SourceNotes {
  /**
   * Files in folders and archives that were not read. `byKind` counts by extension, such as `.txt`, and as `hidden`, `no
   * extension`, `special` (pipes and the like) and `others`; `first` has the first 20 paths.
   */
  passedOver: { files: number; byKind: Record<string, number>; first: string[] }
  /** Files that were named more than once, under the same name or another; `first` has the first 20. */
  sameFiles: { count: number; first: { path: string; input: string }[] }
}

export function sourceNotesOf({
  passedOver,
  passedMembers = newPassedOver(),
  sameFiles,
}: Pick<ExpandedSources, 'passedOver' | 'passedMembers' | 'sameFiles'>): SourceNotes {
  const byKind = { ...passedOver.byKind }
  for (const [kind, count] of Object.entries(passedMembers.byKind)) {
    byKind[kind] = (byKind[kind] ?? 0) + count
  }
  return {
    passedOver: {
      files: passedOver.files + passedMembers.files,
      byKind,
      first: [...passedOver.first, ...passedMembers.first].slice(0, mostNamed),
    },
    sameFiles: { count: sameFiles.count, first: [...sameFiles.first] },
  }
}

const mostNamed = 20

/** Notes that name no files, for a run that has not searched its sources. */
export function noSourceNotes(): SourceNotes {
  return sourceNotesOf({ passedOver: newPassedOver(), sameFiles: { count: 0, first: [] } })
}
