/*
  Commands that the program prints, as they can be put into a shell.
*/
import type { ServerAddress } from '../../load/options.js'

/** One word of a POSIX shell; of bash, zsh and POSIX 2024 where it holds bytes that are not UTF-8. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  if (!nameByte.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`
  return `$'${text.replace(/['\\]/g, '\\$&').replace(new RegExp(nameByte, 'gu'), octal)}'`
}

/** A byte of the name of a file (platform/file-name.ts). */
const nameByte = /[\udc80-\udcff]/u

/** Three digits are all of it, whatever follows. */
function octal(escape: string): string {
  return `\\${(escape.charCodeAt(0) & 0xff).toString(8)}`
}

/** As `--host` reads it. */
export function addressText({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
