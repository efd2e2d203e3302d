/*
  Selects the members of an archive that are inputs, by the same rules as for files of a folder. Refuses every nested
  archive.
*/
import { posix } from 'node:path'
import { InputError, option } from '../../errors.js'
import type { Files, FileStatus } from '../../platform/platform.js'
import { dataFileText, type IsData, type PassedOverCount } from '../data-files.js'
import { archivesOf } from './archives.js'
import { checkMember } from './zip-member.js'

export interface MemberChoice {
  readonly isData: IsData
  /** Like `isData`, but by extension, whatever the user has set. */
  readonly isUsual: IsData
  readonly extensions: readonly string[]
  /** True if the user has set `input.include`. */
  readonly byPattern: boolean
  /** Archive members that are not inputs. */
  readonly passedMembers: PassedOverCount
}

/** Matches names of archives, which are never loaded as data. */
const nested = /\.(?:zip|7z|rar|tar|tgz|tbz2?|txz|tar\.\w+)$/i

/**
 * @returns the members that are inputs, sorted by path
 * @throws {InputError} DDB_INPUT_MISSING if there are none; DDB_INPUT_FORMAT, DDB_INPUT_READ for anything unreadable
 */
export async function selectedMembers(
  archive: string,
  status: FileStatus,
  files: Files,
  choice: MemberChoice,
  isNamed: boolean,
): Promise<{ path: string; status: FileStatus }[]> {
  const { extensions, passedMembers } = choice
  const byPattern = isNamed && choice.byPattern
  const isData = isNamed ? choice.isData : choice.isUsual
  const archives = archivesOf(files)
  const members = await archives.members(archive)
  const taken: { path: string; status: FileStatus }[] = []
  for (const [index, member] of members.entries()) {
    const path = `${archive}/${member.name}`
    const base = posix.basename(member.name)
    const isTaken = isData(base, () => member.name)
    if (nested.test(base) && (isTaken || !byPattern)) throw inArchive(path)
    if (!isTaken || member.isLink) passedMembers.add(path, base, isTaken)
    else {
      checkMember(member, path)
      taken.push({ path, status: archives.statusOf(status, member, index) })
    }
  }
  if (taken.length > 0) return taken.sort((a, b) => (a.path < b.path ? -1 : 1))
  const what = byPattern ? `file that ${option('input.include')} names` : dataFileText(extensions)
  const holds = members.length === 0 ? 'is empty: it has no member' : `holds no ${what}`
  throw new InputError('DDB_INPUT_MISSING', `the archive "${archive}" ${holds}`, { file: archive })
}

function inArchive(path: string): InputError {
  return new InputError(
    'DDB_INPUT_FORMAT',
    `"${path}" is an archive inside of an archive: unpack it, or leave it out with ${option('input.include')}`,
    { file: path },
  )
}
