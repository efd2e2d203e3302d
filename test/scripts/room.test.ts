import { runRoom } from '../helpers/room.js'

await runRoom(import.meta.url)
