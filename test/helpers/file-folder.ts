/*
  A folder that the tests of one file share. `t.testdir()` of the root test is one for all files of a room, and is emptied by
  the next that asks for it.
*/
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

export interface FolderContent {
  readonly [name: string]: string | FolderContent
}

/** @returns its path; it is gone when the test has ended */
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
