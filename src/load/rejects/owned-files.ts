/*
  Lets a run change its files only while this process owns the run. A process that takes over truncates the files to the part that the
  journal counts.
*/
import type { Files, OutputFile } from '../../platform/platform.js'

/** @param isOurs  called before every change. If it returns false, the change fails as if the disk could not be written */
export function filesWhileOwned(files: Files, isOurs: () => boolean): Files {
  const checked = <Arguments extends unknown[], Result>(action: (...args: Arguments) => Result) => {
    return (...args: Arguments): Result => {
      if (isOurs()) return action(...args)
      throw new Error('another process continues the run')
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
