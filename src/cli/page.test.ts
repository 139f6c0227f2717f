import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cliPage } from '../../docs/testing/cli-page.js';
import { EXIT } from '../errors.js';
import { OPTION_ENTRIES } from '../options.js';
import { flagOf } from '../settings.js';

describe('docs/cli.md', () => {
  it('is what npm run docs:cli generates', () => {
    expect(readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')).toBe(cliPage());
  });

  it('lists every option of a run and every exit code', () => {
    const page = cliPage();
    for (const [name] of OPTION_ENTRIES) expect(page, name).toContain(`${flagOf(name)}`);
    for (const code of Object.values(EXIT)) expect(page).toContain(`\n| ${code} |`);
  });
});
