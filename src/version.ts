/*
  The package's own version, read once from package.json beside dist/ (or src/ in tests).
*/
import { readFileSync } from 'node:fs'

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

export const version: string = manifest.version
