/*
  Expands a run's sources to inputs, checks that their paths match the given pattern, and notes which files were left out.
*/
import { dataExtensions } from '../../parse/formats.js'
import type { Files } from '../../platform/platform.js'
import { systemFiles } from '../../platform/system-files.js'
import { archiveOf, withArchives } from '../../source/archive/archives.js'
import {
  expandSources,
  type ExpandOptions,
  type ExpandedSources,
} from '../../source/expand-sources.js'
import { newPathReader, refuseOtherTexts } from '../../source/path/input-texts.js'
import type { InputOptions, SourceNotes } from '../options.js'
import { newPassedOver } from '../../source/data-files.js'

/**
 * @throws {InputError} DDB_INPUT_MISSING for the same reasons as `expandSources`; DDB_INPUT_COLUMN for a path that does
 *   not match the pattern
 * @throws {UsageError} DDB_USAGE
 */
export async function expandInputs(
  inputs: readonly string[],
  { path, include }: Pick<InputOptions, 'path' | 'include'>,
  looking: Pick<ExpandOptions, 'files' | 'stdin' | 'onInput'>,
): Promise<ExpandedSources> {
  const reader = newPathReader(path === undefined ? {} : { path })
  const found = await expandSources(inputs, {
    ...looking,
    files: withArchives(looking.files ?? systemFiles),
    extensions: dataExtensions,
    include,
    ...(path === undefined
      ? {}
      : { onSame: (one: string, other: string) => refuseOtherTexts(reader, one, other) }),
  })
  if (path !== undefined) for (const one of found.paths) reader.read(one)
  return found
}

/** Adds the archives that contain some of the paths. */
export function withArchiveFiles(paths: Iterable<string>, files: Files): Iterable<string> {
  const archives = new Set<string>()
  for (const path of paths) {
    const archive = archiveOf(path, files)
    if (archive !== undefined) archives.add(archive)
  }
  return archives.size === 0 ? paths : [...paths, ...archives]
}

/** Notes that name no files, for a run that has not searched its sources. */
export function noSourceNotes(): SourceNotes {
  return { passedOver: newPassedOver(), sameFiles: { count: 0, first: [] } }
}
