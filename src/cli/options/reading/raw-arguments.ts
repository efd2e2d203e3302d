/*
  Restores arguments as the shell passed them. Node reads arguments as UTF-8 and replaces other bytes by U+FFFD, so a
  file with such a name would not be found. Linux keeps the bytes in /proc/self/cmdline.
*/
import { nameOfBytes } from '../../../platform/file-name.js'

const lostCharacter = '\ufffd'

/**
 * Restores bytes of arguments that Node replaced by U+FFFD, each as a lone surrogate (platform/file-name.ts).
 * @param commandLine  each argument ended by a NUL, those of `argv` last; undefined if the system does not provide it
 */
export function rawArguments(
  argv: readonly string[],
  commandLine: () => Buffer | undefined,
): readonly string[] {
  if (!argv.some(text => text.includes(lostCharacter))) return argv
  const raw = partsOf(commandLine() ?? Buffer.alloc(0))
  return argv.map((text, i) => {
    const bytes = raw[raw.length - argv.length + i]
    return bytes?.toString() === text ? nameOfBytes(bytes) : text
  })
}

function partsOf(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = []
  let start = 0
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    parts.push(bytes.subarray(start, end))
    start = end + 1
  }
  return parts
}
