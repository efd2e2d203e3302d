/*
  Internals that benchmarks measure without the package's two entries. They are compiled like the package.
*/
import { build } from 'esbuild'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

const contents = `
  export { openReader } from './parse/formats.js'
  export { decodeValue, encodeValue } from './protocol/codec.js'
  export { emptyVector } from './protocol/column.js'
  export { dataTypes, parseColumnType } from './protocol/data-type.js'
  export { symbolVectorOf } from './protocol/types/symbols.js'
  export { mapColumns } from './schema/column-mapping.js'
  export { schemaFromTypes } from './schema/target-schema.js'
  export { runDecoder, readerOf } from './wire/byte-reader.js'
  export { ByteWriter } from './wire/byte-writer.js'`

const { outputFiles } = await build({
  absWorkingDir: root,
  stdin: { contents, resolveDir: `${root}/src`, loader: 'ts' },
  write: false,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  logLevel: 'warning',
})

export const {
  ByteWriter,
  dataTypes,
  decodeValue,
  runDecoder,
  emptyVector,
  encodeValue,
  parseColumnType,
  readerOf,
  symbolVectorOf,
} = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
)

/** Writes the internals as a module, so that a timed process does not have to compile them. Returns the path. */
export function writeInternals(folder) {
  const path = join(folder, 'internals.mjs')
  writeFileSync(path, outputFiles[0].contents)
  return path
}
