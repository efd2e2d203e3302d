/*
  Finds the source lines for a stack from a user of the package. A package has short names and no source maps, but a checkout of the same
  version builds the same pieces with maps.
    npm run build && node scripts/read-stack.js < STACK
*/
import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = new URL('..', import.meta.url)

/** Replaces each position in a piece, such as `dist/chunks/a-B.js:3:120`, by the position in the sources. */
export function readStack(stack) {
  return stack.replace(
    /(?:file:\/\/)?[^\s()]*?(dist\/(?:[\w-]+\/)*[\w-]+\.js):(\d+):(\d+)/g,
    (place, piece, line, column) => {
      const path = new URL(`${piece}.map`, root)
      if (!existsSync(path)) return `${place} (not of this version)`
      const map = new SourceMap(JSON.parse(readFileSync(path, 'utf8')))
      const { originalSource, originalLine, originalColumn } = map.findEntry(line - 1, column - 1)
      if (originalSource === undefined) return place
      const source = relative(fileURLToPath(root), fileURLToPath(new URL(originalSource, path)))
      return `${source}:${originalLine + 1}:${originalColumn + 1}`
    },
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(readStack(readFileSync(0, 'utf8')))
}
