/*
  Lists the files and folders that complete a typed word, as paths of the same form: relative, absolute, or with ~/.
*/
import { readdirSync, statSync } from 'node:fs'
import { dataFiles } from '../../source/data-files.js'
import { dataExtensions } from '../../parse/formats.js'

export type FileKind = 'data' | 'scripts' | 'files' | 'folders'

const isData = dataFiles({ extensions: dataExtensions })

const isWanted: Readonly<Record<FileKind, (name: string) => boolean>> = {
  data: name => isData(name, () => name) || /\.zip$/i.test(name),
  scripts: name => name.endsWith('.dos'),
  files: () => true,
  folders: () => false,
}

/** Patterns for zsh, which finds files by itself. */
export const filePatterns: Readonly<Record<FileKind, string>> = {
  data: `(#i)*.((${dataExtensions.join('|')})(|.gz|.zst|.br)|zip)`,
  scripts: '*.dos',
  files: '*',
  folders: '*(-/)',
}

/**
 * Lists files, and folders with a slash at the end. If no file matches `kind`, lists all: users may load any file.
 * @param home  replaces ~ @throws the system's error
 */
export function filesBelow(start: string, kind: FileKind, home: string): readonly string[] {
  const slash = start.lastIndexOf('/') + 1
  const [typed, base] = [start.slice(0, slash), start.slice(slash)]
  const folder = typed.startsWith('~/') ? home + typed.slice(1) : typed || '.'
  const entries = readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name.startsWith(base) && (base !== '' || !name.startsWith('.')))
    .map(entry => ({
      name: entry.name,
      isFolder: entry.isDirectory() || (entry.isSymbolicLink() && isFolder(folder, entry.name)),
    }))
  const files = entries.filter(entry => !entry.isFolder && kind !== 'folders')
  const wanted = files.filter(({ name }) => isWanted[kind](name))
  const named = wanted.length === 0 ? files : wanted
  return [
    ...entries.filter(entry => entry.isFolder).map(({ name }) => `${typed}${name}/`),
    ...named.map(({ name }) => typed + name),
  ].sort()
}

function isFolder(folder: string, name: string): boolean {
  return statSync(`${folder}/${name}`, { throwIfNoEntry: false })?.isDirectory() === true
}
