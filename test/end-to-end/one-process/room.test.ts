import { runRoom } from '../../helpers/room.js'

await runRoom(import.meta.url, {
  everydayOnly: [
    'bad-input.test.ts',
    'load-command.test.ts',
    'load-ways.test.ts',
    'quiet.test.ts',
    'receipts.test.ts',
  ],
})
