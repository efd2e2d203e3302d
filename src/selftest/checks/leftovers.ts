/*
  Checks that `selftest` leaves nothing on the server.
*/
import { fail, pass, type Check } from '../check.js'
import { listObjects, removeTestObjects, isOwn } from '../leftovers.js'

const dependsOnIt = 'this test, and the tables of runs: they have to go again'

export const leftoverChecks: readonly Check[] = [
  {
    name: 'leftovers: what was removed is gone',
    does: 'lists objects with the token of this test',
    dependsOnIt,
    async run({ control, signal, stamp, kept }) {
      const inUse = new Set(kept.made.map(({ name }) => name))
      const objects = await listObjects(control, signal)
      const own = objects
        .map(({ name }) => name)
        .filter(name => isOwn(name, stamp) && !inUse.has(name))
      return own.length === 0 ? pass() : fail(`still there: ${own.join(', ')}`)
    },
  },
  {
    name: 'leftovers: what earlier tests have left',
    does: 'removes objects older than a day whose names have exactly the form of tests',
    dependsOnIt,
    async run({ control, signal, stamp, serverMs, kept }) {
      const inUse = new Set(kept.made.map(({ name }) => name))
      const left = await removeTestObjects(control, stamp, serverMs(), signal, inUse)
      const names = left.map(({ name }) => name)
      const own = names.filter(name => isOwn(name, stamp))
      if (own.length > 0) return fail(`cannot be removed: ${own.join(', ')}`)
      return pass(names.length === 0 ? '' : `this user cannot remove ${names.join(', ')}`)
    },
  },
]
