/*
  Files of a run for as long as it is this process's: another process that goes on with it has cut them back, and writes behind
  what it counted.
*/
import type { Files, OutputFile } from '../../platform/platform.js'

/** @param isOurs  asked before anything is changed; where it says no, that fails as on a disk that cannot be written */
export function filesWhile(files: Files, isOurs: () => boolean): Files {
  const checked = <Arguments extends unknown[], Result>(action: (...args: Arguments) => Result) => {
    return (...args: Arguments): Result => {
      if (isOurs()) return action(...args)
      throw new Error('another process goes on with the run')
    }
  }
  const whileOurs = (file: OutputFile): OutputFile => ({
    ...file,
    write: checked(bytes => file.write(bytes)),
    truncate: checked(sizeBytes => file.truncate(sizeBytes)),
  })
  return {
    ...files,
    create: checked(path => whileOurs(files.create(path))),
    openEmpty: checked(path => whileOurs(files.openEmpty(path))),
    reopen: checked(path => whileOurs(files.reopen(path))),
    remove: checked(path => files.remove(path)),
  }
}
