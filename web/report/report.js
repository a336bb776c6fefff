'use strict';
// The report in the browser. Every text of the recording goes through textContent: nothing here makes HTML from strings.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const WORDS = {
    ja: {
      skip: '疑いのある箇所へ', sound: '録音', findings: '疑いのある箇所', transcript: '文字起こし', advice: '対応の助言',
      load: '従業員の負荷', warnings: '録音についての注意', suspected: 'カスタマーハラスメントの疑いがあります',
      clear: 'カスタマーハラスメントの疑いは見つかりませんでした', weak: '気になる箇所がありますが、疑いと言えるほどではありません',
      none: '該当なし', notice: '注意', caution: '警戒', high: '高', emergency: '緊急', demand: '要求の内容', conduct: '手段・態度',
      persistence: '継続・反復', harm: '就業環境への影響', customer: 'お客様', employee: '従業員', unknown: '話者不明',
      severity: '深刻度', confidence: '確からしさ', without: 'この箇所がなければスコア', play: 'ここから再生', whole: '通話全体',
      nothing: '疑いのある箇所はありません。', complaintTitle: 'お答えすべきご意見(正当な苦情)',
      distressTitle: 'お客様の危機のサイン', distressNote: '採点の対象外です。電話を切らず、すぐに責任者へ知らせてください。',
      now: '今', next: '次に', after: '終わったら', prevent: '今後', exposure: '曝露',
      clips: '長い録音のため、疑いのある箇所の前後だけを再生できます。', noSound: '音声はこの報告書に含まれていません。',
      doubt: '点線の言葉は聞き取りが不確かで、言われていないこともあります。音で確かめてください。',
      engine: '音声認識', policy: '判定ルール', made: '作成', talk: '会話'
    },
    en: {
      skip: 'To the suspected places', sound: 'Recording', findings: 'Suspected places', transcript: 'Transcript', advice: 'Advice',
      load: 'Load on the employee', warnings: 'About the recording', suspected: 'Suspected customer harassment',
      clear: 'Nothing suspicious was found', weak: 'Some places stand out, not enough for a suspicion',
      none: 'none', notice: 'notice', caution: 'caution', high: 'high', emergency: 'emergency', demand: 'Demand', conduct: 'Conduct',
      persistence: 'Persistence', harm: 'Harm to work', customer: 'Customer', employee: 'Employee', unknown: 'Unknown',
      severity: 'severity', confidence: 'confidence', without: 'score without it', play: 'play from here', whole: 'whole call',
      nothing: 'There are no suspected places.', complaintTitle: 'Deserves an answer (fair complaint)',
      distressTitle: 'Signs of a customer in distress', distressNote: 'Not scored. Stay on the line and tell a superior at once.',
      now: 'Now', next: 'Next', after: 'Afterwards', prevent: 'From now on', exposure: 'Exposure',
      clips: 'The recording is long: only the parts around suspected places can be played.', noSound: 'This report holds no sound.',
      doubt: 'Dotted words were hard to make out and may not have been said. Listen to them.',
      engine: 'speech recognition', policy: 'policy', made: 'made', talk: 'speech'
    }
  };
  const SHAPES = {none: '○', notice: '■', caution: '▲', high: '◆', emergency: '⬢'};
  const base = data.ja;
  const audio = document.getElementById('audio');
  const length = Math.max(base.recording.duration_s, ...base.transcript.map((t) => t.end_s), 0.001);
  let language = 'ja';
  let turns = [];
  let cards = [];

  const byId = (id) => document.getElementById(id);
  const say = (key) => WORDS[language][key] || key;
  function element(tag, properties, ...children) {
    const node = document.createElement(tag);
    Object.assign(node, properties);
    node.append(...children);
    return node;
  }
  function position(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    const tail = String(s % 60).padStart(2, '0');
    return s >= 3600 ? `${Math.floor(s / 3600)}:${String(Math.floor(s / 60) % 60).padStart(2, '0')}:${tail}` : `${Math.floor(s / 60)}:${tail}`;
  }
  const bandOf = (score) => ['none', 'notice', 'caution', 'high', 'emergency'][Math.min(4, Math.floor(score / 20))];
  const tint = (node, band) => { node.style.setProperty('--tone', `var(--${band})`); return node; };

  // Recording time to playback time and back: long recordings carry only clips.
  function inPlayback(time) {
    const span = data.spans.find((s) => time >= s[0] && time <= s[0] + s[2]);
    return span ? span[1] + time - span[0] : null;
  }
  function inRecording(time) {
    const span = data.spans.find((s) => time >= s[1] && time <= s[1] + s[2]);
    return span ? span[0] + time - span[1] : time;
  }
  function playFrom(time) {
    if (!audio) return;
    const target = inPlayback(Math.max(0, time - 0.1)) ?? inPlayback(time);
    if (target === null) return;
    audio.currentTime = target;
    audio.play().catch(() => {});
  }

  function showVerdict() {
    const view = data[language];
    byId('name').textContent = base.recording.name;
    const dial = tint(byId('dial'), base.band);
    dial.style.setProperty('--share', `${base.score}%`);
    dial.replaceChildren(element('b', {textContent: base.score}), element('span', {textContent: say(base.band)}));
    tint(byId('outcome'), base.band).textContent = say(base.suspected ? 'suspected' : base.findings.length ? 'weak' : 'clear');
    byId('statement').textContent = view.statement;
    byId('meta').textContent = `${position(base.recording.duration_s)}  ・  ${say('talk')} ${position(base.recording.speech_s)}  ・  ${say('made')} ${base.created_at}`;
    byId('axes').replaceChildren(...Object.entries(base.axes).map(([axis, value]) => {
      const fill = element('i');
      fill.style.width = `${value}%`;
      return element('div', {}, element('dt', {textContent: say(axis)}), element('dd', {className: 'bar', ariaHidden: 'true'}, fill), element('dd', {textContent: value}));
    }));
    byId('engine').textContent = `kasuhara-guardian ${base.engine.version}  ・  ${say('engine')} ${base.engine.asr_model}  ・  ${say('policy')} ${base.engine.policy_version}  ・  SHA-256 ${base.recording.sha256}`;
  }

  function quoted(quote) { return element('blockquote', {textContent: `「${quote}」`}); }

  function showFindings() {
    const view = data[language];
    cards = view.findings.map((finding) => {
      const band = bandOf(finding.severity);
      const place = finding.utterance < 0 ? say('whole') : position(finding.start_s);
      const jump = element('button', {type: 'button', className: 'jump'}, element('span', {className: 'shape', textContent: SHAPES[band], ariaHidden: 'true'}),
        element('span', {textContent: finding.label}), element('span', {className: 'time', textContent: (audio ? '▶ ' : '') + place}));
      jump.addEventListener('click', () => { playFrom(finding.start_s); showTurn(finding.utterance); });
      const card = element('li', {className: 'finding'}, jump);
      if (finding.quote) card.append(quoted(finding.quote));
      card.append(element('p', {className: 'small', textContent: `${say('severity')} ${finding.severity} (${say(band)})  ・  ${say('confidence')} ${Math.round(finding.confidence * 100)} %  ・  ${say('without')} ${finding.score_without}`}),
        element('ul', {}, ...finding.grounds.map((ground) => element('li', {textContent: ground}))));
      return tint(card, band);
    });
    byId('findings').replaceChildren(...(cards.length ? cards : [element('li', {className: 'quiet', textContent: say('nothing')})]));
    byId('marks').replaceChildren(...view.findings.filter((f) => f.utterance >= 0).map((finding) => {
      const band = bandOf(finding.severity);
      const mark = element('button', {type: 'button', className: 'mark', textContent: SHAPES[band], title: finding.label,
        ariaLabel: `${finding.label} ${position(finding.start_s)} ${say('play')}`});
      mark.style.left = `${Math.min(100, 100 * finding.start_s / length)}%`;
      mark.addEventListener('click', (event) => { event.stopPropagation(); playFrom(finding.start_s); showTurn(finding.utterance); });
      return tint(mark, band);
    }));
  }

  // A stretch of an utterance's text, doubtful words dotted.
  function heard(turn, from, to) {
    const pieces = turn.pieces ?? [];
    if (pieces.map((piece) => piece.text).join('') !== turn.text) return [turn.text.slice(from, to)];
    const nodes = [];
    let begin = 0;
    for (const piece of pieces) {
      const end = begin + piece.text.length;
      const text = turn.text.slice(Math.max(begin, from), Math.min(end, to));
      if (text) nodes.push(piece.doubtful ? element('span', {className: 'doubt', textContent: text}) : text);
      begin = end;
    }
    return nodes;
  }

  // The utterance's text with every quoted stretch marked; overlapping quotes become one.
  function markedText(turn) {
    const ranges = base.findings.filter((f) => f.utterance === turn.index && f.quote)
      .map((f) => [turn.text.indexOf(f.quote), f.quote.length]).filter((r) => r[0] >= 0)
      .map((r) => [r[0], r[0] + r[1]]).sort((a, b) => a[0] - b[0]);
    const text = element('span', {className: 'text'});
    let done = 0;
    for (const [begin, end] of ranges) {
      const from = Math.max(begin, done);
      if (end <= from) continue;
      text.append(...heard(turn, done, from), element('mark', {}, ...heard(turn, from, end)));
      done = end;
    }
    text.append(...heard(turn, done, turn.text.length));
    return text;
  }

  function showTranscript() {
    turns = base.transcript.map((turn) => {
      const time = element('button', {type: 'button', textContent: position(turn.start_s), ariaLabel: `${position(turn.start_s)} ${say('play')}`});
      time.addEventListener('click', () => playFrom(turn.start_s));
      return element('div', {className: `turn ${turn.speaker}`}, time, element('span', {className: 'who', textContent: say(turn.speaker)}), markedText(turn));
    });
    byId('transcript').replaceChildren(...turns);
  }

  // Scrolls inside the transcript's own box only; the page stays where the reader put it.
  function showTurn(index) {
    const turn = turns[index];
    const box = byId('transcript');
    if (turn) box.scrollTop = turn.offsetTop - box.offsetTop - box.clientHeight / 3;
  }

  function showRest() {
    const view = data[language];
    const complaint = byId('complaint');
    complaint.hidden = base.legitimate_complaint === null;
    if (!complaint.hidden) complaint.replaceChildren(element('h2', {textContent: say('complaintTitle')}), quoted(base.legitimate_complaint));
    const distress = byId('distress');
    distress.hidden = base.distress.length === 0;
    distress.replaceChildren(element('h2', {textContent: say('distressTitle')}), element('p', {textContent: say('distressNote')}),
      ...base.distress.map((i) => base.transcript[i]).filter(Boolean).map((turn) => quoted(turn.text)));
    byId('advice-card').hidden = view.advice.length === 0;
    byId('advice').replaceChildren(...view.advice.map((a) => element('li', {}, element('span', {className: 'when', textContent: `${say(a.when)}  ${a.level}`}), element('span', {textContent: a.text}))));
    byId('load').replaceChildren(element('p', {}, `${say('exposure')} `, element('b', {textContent: view.stress.exposure.toFixed(2)})),
      element('ul', {className: 'small'}, ...view.stress.contributions.map((c) => element('li', {textContent: `${view.findings[c.finding].label}: ${c.value.toFixed(2)} = ${c.why}`}))),
      element('p', {className: 'small quiet', textContent: view.stress.statement}));
    const warnings = view.recording.warnings;
    byId('warnings-card').hidden = warnings.length === 0;
    byId('warnings').replaceChildren(...warnings.map((w) => element('li', {textContent: w})));
    byId('sound-note').textContent = !audio ? say('noSound') : data.clipped ? say('clips') : '';
    byId('length').textContent = position(length);
  }

  function drawWave() {
    const canvas = byId('wave');
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const pen = canvas.getContext('2d');
    pen.scale(ratio, ratio);
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
    if (!data.peaks.length) return drawTurns(pen, width, height, colour);
    const lane = height / data.peaks.length;
    data.peaks.forEach((peaks, channel) => {
      const speaker = (base.transcript.find((t) => t.channel === channel) || {}).speaker;
      pen.fillStyle = data.peaks.length > 1 && speaker && speaker !== 'unknown' ? colour(`--${speaker}`) : colour('--accent');
      const loudest = Math.max(8, ...peaks);
      for (let x = 0; x < width; x += 2) {
        const from = Math.floor(x / width * peaks.length);
        const to = Math.max(from + 1, Math.floor((x + 2) / width * peaks.length));
        const size = Math.max(1, Math.max(...peaks.slice(from, to)) / loudest * (lane - 6));
        pen.fillRect(x, channel * lane + (lane - size) / 2, 1.4, size);
      }
    });
  }
  // Without sound: who spoke when.
  function drawTurns(pen, width, height, colour) {
    for (const turn of base.transcript) {
      pen.fillStyle = colour(turn.speaker === 'unknown' ? '--accent' : `--${turn.speaker}`);
      const left = turn.start_s / length * width;
      pen.fillRect(left, turn.speaker === 'employee' ? height * 0.6 : height * 0.2, Math.max(2, (turn.end_s - turn.start_s) / length * width), height * 0.2);
    }
  }

  function follow() {
    const time = inRecording(audio.currentTime);
    const head = byId('playhead');
    head.hidden = false;
    head.style.left = `${100 * time / length}%`;
    base.transcript.forEach((turn, i) => {
      const now = time >= turn.start_s - 0.11 && time < turn.end_s;
      if (now && !turns[i].classList.contains('now')) showTurn(i);
      turns[i].classList.toggle('now', now);
    });
    base.findings.forEach((finding, i) => cards[i].classList.toggle('now', finding.utterance >= 0 && time >= finding.start_s - 0.11 && time < finding.end_s));
  }

  function show(chosen) {
    language = chosen;
    document.documentElement.lang = chosen;
    document.querySelectorAll('[data-text]').forEach((node) => { node.textContent = say(node.dataset.text); });
    document.querySelectorAll('[data-language]').forEach((node) => node.setAttribute('aria-pressed', node.dataset.language === chosen));
    showVerdict();
    showFindings();
    showTranscript();
    showRest();
  }

  document.querySelectorAll('[data-language]').forEach((node) => node.addEventListener('click', () => show(node.dataset.language)));
  byId('timeline').addEventListener('click', (event) => {
    const box = byId('wave').getBoundingClientRect();
    playFrom((event.clientX - box.left) / box.width * length + 0.1);
  });
  if (audio) {
    audio.addEventListener('timeupdate', follow);
    audio.addEventListener('seeking', follow);
  }
  show('ja');
  drawWave();
  window.addEventListener('resize', drawWave);
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawWave);
})();
