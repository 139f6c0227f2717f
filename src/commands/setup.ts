import type { SetupRequest } from '../cli/request.js';
import { EXIT, PinbenchError } from '../errors.js';
import { setupTensorflow } from '../setup/tensorflow.js';
import type { Terminal } from '../terminal.js';
import { interruptible } from './interruptible.js';

/** `pinbench setup tensorflow`: builds what the engine needs. If that fails or is interrupted, it leaves nothing behind. */
export async function setupCommand({ cpu, folder }: SetupRequest, terminal: Terminal): Promise<number> {
  await interruptible(terminal, true, async ({ signal, progress }) => {
    const say = (line: string) => {
      progress?.stop();
      terminal.stdout.write(`${line}\n`);
    };
    const fetched = (done: number, total: number, what: string) => progress?.fetching(done, total, what);
    try {
      await setupTensorflow({ folder, cpu, say, fetched, signal, surroundings: terminal.surroundings });
    } catch (cause) {
      if (!signal.aborted) throw cause;
      throw new PinbenchError('interrupted', {
        subject: 'setup tensorflow',
        observed: 'interrupted; nothing was left behind',
        cause,
      });
    }
  });
  return EXIT.ok;
}
