import { runRoom } from '../../helpers/room.js'

await runRoom(import.meta.url, {
  everydayOnly: ['rejects.test.ts', 'small-files.test.ts', 'whole-input.test.ts'],
})
