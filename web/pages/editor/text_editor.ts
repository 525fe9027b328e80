/** The text half of the editor: CodeMirror with what the schema knows. */
import { autocompletion, type Completion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorView, hoverTooltip, type Tooltip } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { basicSetup } from 'codemirror';
import { aboutPath, type Choice, keysAt, pathAt, type Schema, spotAt, type TextProblem, valuesAt } from '../../../sim/lab/index.ts';

const theme = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--card)', color: 'var(--ink)', fontSize: '0.875rem' },
  '.cm-content': { fontFamily: 'var(--mono)', caretColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'var(--paper)', color: 'var(--soft)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--payload-wash) 45%, transparent)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--payload-wash) !important' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--card)', color: 'var(--ink)', border: '1px solid var(--line)', borderRadius: '6px', maxWidth: '28rem',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--payload)', color: 'var(--card)' },
  '.cm-completionDetail': { color: 'inherit', opacity: '0.75', fontStyle: 'normal' },
  '.cm-about': { padding: '0.5rem 0.75rem', fontSize: '0.8125rem', fontFamily: 'var(--sans)' },
  '.cm-panels': { backgroundColor: 'var(--paper)', color: 'var(--ink)' },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--payload)' },
  { tag: [tags.comment], color: 'var(--soft)', fontStyle: 'italic' },
  { tag: [tags.string, tags.content], color: 'var(--ink)' },
  { tag: [tags.punctuation, tags.separator, tags.brace, tags.squareBracket], color: 'var(--soft)' },
]);

const completion = ({ label, detail, about, text }: Choice): Completion => ({
  label, detail, apply: text, ...(about === '' ? {} : { info: about }),
});

const source = (schema: Schema) => (context: CompletionContext): CompletionResult | null => {
  const spot = spotAt(context.state.doc.toString(), context.pos);
  if (!spot || (!context.explicit && spot.word === '' && spot.kind === 'key')) return null;
  const choices = spot.kind === 'key' ? keysAt(schema, spot.path, spot.taken) : valuesAt(schema, spot.path);
  return choices.length === 0 ? null : { from: spot.from, options: choices.map(completion), validFor: /^[\w.]*$/ };
};

const hover = (schema: Schema) => (view: EditorView, at: number): Tooltip | null => {
  const found = pathAt(view.state.doc.toString(), at);
  const about = found ? aboutPath(schema, found.path) : '';
  if (!found || about === '') return null;
  const create = () => {
    const dom = document.createElement('div');
    dom.className = 'cm-about';
    dom.textContent = `${found.path.join('.')}: ${about}`;
    return { dom };
  };
  return { pos: found.from, end: found.to, above: true, create };
};

export interface TextEditor {
  readonly view: EditorView;
  setText(text: string): void;
  setProblems(problems: readonly TextProblem[]): void;
  goTo(line: number, col: number): void;
}

export function makeEditor(parent: HTMLElement, text: string, schema: Schema, onText: (text: string) => void): TextEditor {
  const view = new EditorView({
    parent,
    doc: text,
    extensions: [
      basicSetup, yaml(), theme, syntaxHighlighting(colours), lintGutter(), hoverTooltip(hover(schema)),
      autocompletion({ override: [source(schema)] }),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': 'Scenario as text' }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) onText(update.state.doc.toString());
      }),
    ],
  });
  const offset = (line: number, col: number): number => {
    const found = view.state.doc.line(Math.max(1, Math.min(line, view.state.doc.lines)));
    return Math.min(found.from + Math.max(0, col - 1), found.to);
  };
  return {
    view,
    setText: (wanted) => {
      if (wanted !== view.state.doc.toString()) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: wanted } });
    },
    setProblems: (problems) => {
      const diagnostics = problems.map((p): Diagnostic => {
        const from = offset(p.line, p.col);
        const word = /^[\w.]+/.exec(view.state.doc.sliceString(from, from + 80))?.[0].length ?? 1;
        return { from, to: Math.min(from + word, view.state.doc.length), severity: 'error', message: p.text };
      });
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    goTo: (line, col) => {
      view.dispatch({ selection: { anchor: offset(line, col) }, scrollIntoView: true });
      view.focus();
    },
  };
}
