/*
  Options for inferring columns, made from the options of a load, so that both read the inputs in the same way.
*/
import type { InferOptions } from '../../infer/infer.js'
import type { Files } from '../../platform/platform.js'
import { schemaFromTypes } from '../../schema/target-schema.js'
import { newPathReader } from '../../source/path/input-texts.js'
import { dialectOf } from '../inputs/reader-options.js'
import type { LoadOptions } from '../options.js'
import { parseTableTarget } from './target.js'

/**
 * @param options  `target` names the table to be created
 * @param paths  paths of the inputs, one by one
 */
export function inferOptions(
  options: Pick<LoadOptions, 'input' | 'mapping' | 'cells' | 'target'>,
  paths: readonly string[],
  files: Files,
): InferOptions {
  const { input = {}, mapping = {}, cells = {}, target } = options
  const { compression, encoding, stdin, arrayDelimiter } = input
  return {
    paths,
    files,
    source: {
      ...(compression === undefined ? {} : { compression }),
      ...(encoding === undefined ? {} : { encoding }),
      ...(stdin === undefined ? {} : { stdin }),
    },
    reader: dialectOf(options),
    cells: { ...cells, ...(arrayDelimiter === undefined ? {} : { arrayDelimiter }) },
    map: mapping.map ?? {},
    set: mapping.set ?? {},
    names: newPathReader(input),
    byPosition: mapping.match === 'position',
    ...(target.create === undefined || target.types === undefined
      ? {}
      : { types: schemaFromTypes(target.types).columns }),
    intoDfs: parseTableTarget(target.table ?? '').kind === 'dfs',
    ...(input.limit === undefined ? {} : { sample: input.limit }),
  }
}
