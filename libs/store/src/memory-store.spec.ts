import { memoryStore } from './memory-store.js';
import { describeObjectStore } from './object-store-contract.fixture.js';

describeObjectStore('store in memory', () => Promise.resolve(memoryStore()));
