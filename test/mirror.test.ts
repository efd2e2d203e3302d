/* The tests of a room (folder of src/) are in the folder of the same name: the tests of `src/load/journal/` in `test/load/journal/`. */
import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { posix, sep } from 'node:path'
import t from 'tap'
import { root } from './helpers/checkout.js'
import { readModules } from './helpers/modules.js'
import { deepTest } from './helpers/runs.js'
import { parts } from './parts/parts.js'

const folderOf = (path: string): string => posix.dirname(path)

const modules = (await readModules()).filter(({ path }) => folderOf(path) !== '.')

const rooms = [...new Set(modules.map(({ room }) => room))]

const tested = new Set((await Promise.all(rooms.map(testsOf))).flat().map(folderOf))

/** The tests of a room, relative to test/. */
async function testsOf(room: string): Promise<string[]> {
  const folder = fileURLToPath(new URL(`test/${room}/`, root))
  const paths = await readdir(folder, { recursive: true })
  return paths
    .map(path => `${room}/${path.split(sep).join('/')}`)
    .filter(path => path.endsWith('.test.ts'))
}

t.test('every folder with logic has tests in the folder of its name', async t => {
  t.ok(modules.length > 100, `${modules.length} files are found`)
  const withLogic = new Set(
    modules.filter(({ hasLogic }) => hasLogic).map(({ path }) => folderOf(path)),
  )
  const untested = [...withLogic].filter(folder => !tested.has(folder))
  t.strictSame(untested, [])
})

t.test('no folder has tests without sources', async t => {
  const folders = modules.map(({ path }) => `${folderOf(path)}/`)
  const orphaned = [...tested].filter(folder => !folders.some(one => one.startsWith(`${folder}/`)))
  t.strictSame(orphaned, [])
})

deepTest(t, 'every test runs once: by itself, or in the room of its folder', async t => {
  const found = await readdir(fileURLToPath(new URL('test/', root)), { recursive: true })
  const tests = found
    .map(path => path.split(sep).join('/'))
    .filter(path => path.endsWith('.test.ts') && !path.includes('node_modules/'))
    .map(path => path.slice(0, -'.test.ts'.length))
  const started = parts.flat()
  const rooms = started.filter(path => posix.basename(path) === 'room').map(folderOf)
  const runs = tests
    .filter(path => folderOf(path) !== 'parts')
    .map(path => {
      const isRoom = posix.basename(path) === 'room'
      const inRooms = rooms.filter(
        // The room of test/ itself has no folders.
        room => !isRoom && (room === '.' ? folderOf(path) === room : path.startsWith(`${room}/`)),
      ).length
      return { path, runs: inRooms + started.filter(one => one === path).length }
    })
  t.ok(runs.length > 200, `${runs.length} files are found`)
  const unlike = runs.filter(({ runs }) => runs !== 1)
  t.strictSame(unlike, [])
  const processes = tests
    .filter(path => folderOf(path) === 'parts')
    .map(path => posix.basename(path))
  const expected = [...parts.keys()].map(index => String(index + 1).padStart(2, '0'))
  t.strictSame(processes.sort(), expected)
})
