import fc from 'fast-check';
import { escapeHtml, Html, html } from './html.js';

test('what is put into a template is text, not markup', () => {
  expect(html`<b title="${'"\'>'}">${'<script>&'}</b>`.text).toBe('<b title="&quot;&#39;&gt;">&lt;script&gt;&amp;</b>');
});

test('markup goes in as it is, lists are joined, null is nothing', () => {
  expect(html`${[html`<i>a</i>`, 'b<', 3, null]}${new Html('<hr>')}`.text).toBe('<i>a</i>b&lt;3<hr>');
});

test('escaped text never holds a character that could end text or an attribute', () => {
  fc.assert(fc.property(fc.string(), (text) => !/[<>"']/.test(escapeHtml(text))));
});
