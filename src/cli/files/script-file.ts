/*
  DolphinDB scripts in files.
*/
import { readFile } from 'node:fs/promises'
import { InputError } from '../../errors.js'
import { clean, systemCode } from '../output/terminal-text.js'

/** @throws {InputError} DDB_INPUT_MISSING, DDB_INPUT_READ */
export async function readScriptFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = systemCode(error)
    throw new InputError(
      code === 'ENOENT' ? 'DDB_INPUT_MISSING' : 'DDB_INPUT_READ',
      `cannot read the script ${clean(path)} (${code})`,
      { file: path },
      { cause: error },
    )
  }
}
