/*
  All tests of a room in one process: starting one takes longer than most of them.
*/
import { readdirSync } from 'node:fs'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Runs the tests of the files beside the caller and in folders below, those of other rooms in it left out. */
export async function runRoom(caller: string): Promise<void> {
  const folder = new URL('.', caller)
  const files = readdirSync(fileURLToPath(folder), { recursive: true, encoding: 'utf8' })
  for (const file of files.filter(isTest).sort()) {
    const url = new URL(file, folder).href
    if (url !== caller) await import(url)
  }
}

/** Tools that a room brings along have tests of their own. */
const isTest = (name: string): boolean =>
  name.endsWith('.test.ts') && !name.split(sep).includes('node_modules')
