/* Fingerprints of files that were followed up to their end. */
import { followedFingerprint, type Fingerprint } from '../../src/load/journal/fingerprint.js'
import type { InputFile } from '../../src/platform/platform.js'
import { keptBytes } from '../../src/source/follow/followed-file.js'

export async function fingerprintOfRead(file: InputFile): Promise<Fingerprint> {
  const status = await file.status()
  const { sizeBytes } = status
  const bytes = Buffer.alloc(sizeBytes)
  await file.readAt(bytes, 0, sizeBytes, 0)
  const [head, tail] = [bytes.subarray(0, keptBytes), bytes.subarray(-keptBytes)]
  return followedFingerprint({ sizeBytes, head, tail, status })
}
