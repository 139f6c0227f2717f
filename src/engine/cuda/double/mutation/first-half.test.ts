import { DTYPES } from '../../../../words.js';
import { testMutants } from '../testing/mutants.js';

testMutants(DTYPES.slice(0, DTYPES.length / 2));
