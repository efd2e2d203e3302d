/* All tests of the reader once more, with the kernel for inputs of any size. */
import { useKernel } from '../../src/kernel/kernel.js'
import { everyday } from '../helpers/runs.js'

useKernel(0)
if (!everyday) await import('../parse/room.test.js')
