/* A folder shared by all tests of one file. `t.testdir()` of the root test would not do: all files of a room share that folder, and each
   call empties it. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

export interface FolderContent {
  readonly [name: string]: string | FolderContent
}

/** @returns the path of the folder, which is removed when the test ends */
export function fileFolder(t: Test, content: FolderContent = {}): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'ddb-ingest-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  fill(folder, content)
  return folder
}

function fill(folder: string, content: FolderContent): void {
  for (const [name, entry] of Object.entries(content)) {
    const path = join(folder, name)
    if (typeof entry === 'string') writeFileSync(path, entry)
    else {
      mkdirSync(path)
      fill(path, entry)
    }
  }
}
