import { runRoom } from '../helpers/room.js'

await runRoom(import.meta.url, {
  everydayOnly: ['faults.test.ts', 'loaded-tables.test.ts', 'results.test.ts', 'uploads.test.ts'],
})
