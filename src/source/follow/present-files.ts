/* Finds the files that the inputs of a run with `--follow` match at this moment. An input without a file may get one later. */
import { basename } from 'node:path'
import { option, usageError } from '../../errors.js'
import type { DatedFileStatus, Files } from '../../platform/platform.js'
import {
  dataFiles,
  newPassedOver,
  newSameFiles,
  passOver,
  withoutRejects,
  type DataNames,
} from '../data-files.js'
import { filesBelow, type ExpandedSources } from '../expand-sources.js'
import { expandBraces, globFiles, hasGlob } from '../glob.js'

export interface PresentFile {
  readonly path: string
  readonly status: DatedFileStatus
}

/** The files that exist now, and the inputs for which no file exists. */
export interface PresentFiles extends Pick<ExpandedSources, 'sameFiles' | 'passedOver'> {
  /** In the order of the inputs; the files of one pattern or folder are sorted. Each file appears once, under its first name. */
  readonly files: readonly PresentFile[]
  readonly missing: readonly string[]
  /** Folders that cannot be read at this moment, or not completely. */
  readonly unread: readonly string[]
}

/** Files not to follow: a compressed file does not grow, and a rotated log was read before, unless no run was there. */
const compressed = /\.(?:gz|zst|br|bz2|xz|lz4|zip|Z)$/

/** @param inputs  paths, patterns, folders @throws {UsageError} DDB_USAGE for a named input that cannot be followed */
export async function presentFiles(
  inputs: readonly string[],
  files: Files,
  names: DataNames,
): Promise<PresentFiles> {
  const isData = dataFiles(names)
  const passedOver = newPassedOver()
  const sameFiles = newSameFiles()
  const found: PresentFile[] = []
  const missing: string[] = []
  const unread: string[] = []
  const rules = { files, isData, include: names.include, passedOver }
  const open = [...inputs]
  for (let input = open.shift(); input !== undefined; input = open.shift()) {
    const status = await files.status(input).catch(() => undefined)
    const names = status === undefined ? expandBraces(input) : []
    if (names.length > 1) {
      open.unshift(...names)
      continue
    }
    const before = found.length
    let paths: string[] = []
    if (status?.isFolder === true) {
      paths = await filesBelow(input, rules, (folder, { code }) => {
        if (code !== 'ENOENT') unread.push(folder)
      })
    } else if (status !== undefined) found.push(named(input, status))
    else if (hasGlob(input)) paths = await globFiles(input, files, folder => unread.push(folder))
    for (const path of withoutRejects(paths, files, passedOver)) {
      const isText = !compressed.test(path)
      const status = isText ? await files.status(path).catch(() => undefined) : undefined
      if (!isText) passOver(passedOver, path, path, 'compressed')
      else if (status?.isFile === true) found.push({ path, status })
      else passOver(passedOver, path, basename(path), status && 'special')
    }
    if (found.length === before) missing.push(input)
  }
  const once = found.filter(({ path, status }) => sameFiles.isFirst(path, status))
  return { files: once, missing, sameFiles: sameFiles.found, passedOver, unread }
}

function named(path: string, status: DatedFileStatus): PresentFile {
  if (status.isFile && !compressed.test(path)) return { path, status }
  const why = status.isFile ? 'is compressed' : 'is not an ordinary file'
  throw usageError(
    `"${path}" ${why}, and ${option('input.follow')} follows text as it is written: load it without`,
  )
}
