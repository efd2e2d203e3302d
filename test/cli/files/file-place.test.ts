import { closeSync, linkSync, openSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  foldedName,
  isStandardOutput,
  isSystemName,
  openFileKey,
  placeOf,
} from '../../../src/cli/files/file-place.js'

t.test('paths that lead to one file are one place', async t => {
  const dir = t.testdir({ 'a.csv': 'a', 'b.csv': 'a', folder: {} })
  const path = join(dir, 'a.csv')
  linkSync(path, join(dir, 'hard.csv'))
  symlinkSync(path, join(dir, 'soft.csv'))
  symlinkSync(join(dir, 'folder'), join(dir, 'way'))
  const { key } = placeOf(path)
  for (const same of ['hard.csv', 'soft.csv', 'folder/../a.csv', './a.csv', 'way/../a.csv']) {
    t.equal(placeOf(`${dir}/${same}`).key, key, same)
  }
  t.not(placeOf(join(dir, 'b.csv')).key, key)
})

t.test('paths that would make one file are one place, as far as names tell', async t => {
  const dir = t.testdir({ folder: {} })
  symlinkSync(join(dir, 'folder'), join(dir, 'way'))
  const { key, isOrdinary } = placeOf(join(dir, 'folder', 'New.csv'))
  t.ok(isOrdinary)
  t.equal(placeOf(join(dir, 'way', 'New.csv')).key, key)
  t.equal(placeOf(join(dir, 'folder', 'new.CSV')).key, key, 'many disks do not tell case apart')
  t.not(placeOf(join(dir, 'folder', 'other.csv')).key, key)
})

t.test('the name is without links but for the last place', async t => {
  const dir = realpathSync(t.testdir({ folder: { 'a.csv': '' } }))
  symlinkSync(join(dir, 'folder'), join(dir, 'way'))
  symlinkSync(join(dir, 'folder', 'a.csv'), join(dir, 'folder', 'link.csv'))
  t.equal(placeOf(join(dir, 'way', 'link.csv')).name, join(dir, 'folder', 'link.csv'))
  t.equal(placeOf(join(dir, 'no', 'such.csv')).name, join(dir, 'no', 'such.csv'))
})

t.test('devices and folders are no ordinary files', async t => {
  t.notOk(placeOf('/dev/null').isOrdinary)
  t.notOk(placeOf(t.testdir()).isOrdinary)
})

t.test('an open file is known by the same key as its path', async t => {
  const path = join(t.testdir({ 'a.csv': '' }), 'a.csv')
  const descriptor = openSync(path, 'r')
  t.equal(openFileKey(descriptor), placeOf(path).key)
  closeSync(descriptor)
  const device = openSync('/dev/null', 'r')
  t.equal(openFileKey(device), undefined)
  closeSync(device)
  t.equal(openFileKey(-1), undefined)
})

t.test('names are compared without case, however they are composed', async t => {
  t.equal(foldedName('Caf\u0065\u0301.CSV'), 'caf\u00e9.csv')
})

t.test('names of the system and of standard output', async t => {
  for (const name of ['/dev/stdout', '/dev/fd/1', `/proc/${process.pid}/fd/1`]) {
    t.ok(isStandardOutput(name), name)
    t.ok(isSystemName(name), name)
  }
  for (const name of ['/dev/stderr', '/dev/fd/2', 'stdout']) t.notOk(isStandardOutput(name), name)
  for (const name of ['/device/a', '/home/dev/a', 'dev/a']) t.notOk(isSystemName(name), name)
})

t.test('names that are not UTF-8 are places like others', async t => {
  const dir = t.testdir({ 'a.csv': 'a' })
  symlinkSync(join(dir, 'a.csv'), Buffer.from(`${dir}/\xff.csv`, 'latin1'))
  const { key } = placeOf(join(dir, 'a.csv'))
  t.equal(placeOf(join(dir, '\udcff.csv')).key, key)
})
