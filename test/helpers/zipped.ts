/*
  Puts each opened file into a zip archive and reads it from there. other-defaults.js uses this to run the usual tests
  with archives.
*/
import type { Files, InputFile } from '../../src/platform/platform.js'
import { readDirectory } from '../../src/source/archive/zip-directory.js'
import { memberFile } from '../../src/source/archive/zip-member.js'
import { zipOf } from './zip.js'

/** Opens a plain file as a member of an archive; opens empty files, members, pipes and so on as `files` does. */
export async function openZipped(path: string, files: Files): Promise<InputFile> {
  const file = await files.open(path)
  const status = await file.status()
  if (!status.isFile || status.sizeBytes === 0 || status.digest !== undefined) return file
  const content = Buffer.alloc(status.sizeBytes)
  let length = 0
  for (let count; length < content.length; length += count) {
    count = await file.readAt(content, length, content.length - length, length)
    if (count === 0) break
  }
  const bytes = zipOf([{ name: 'member', content: content.subarray(0, length) }])
  const archive: InputFile = {
    status: () => Promise.resolve({ ...status, sizeBytes: bytes.length }),
    read: () => Promise.reject(new Error('an archive is read from its places')),
    readAt: (into, offset, wanted, position) =>
      Promise.resolve(bytes.copy(into, offset, position, position + wanted)),
    close: () => file.close(),
  }
  const [member] = await readDirectory(path, archive)
  return memberFile(path, path, archive, member!, { ...status, sizeBytes: length })
}
