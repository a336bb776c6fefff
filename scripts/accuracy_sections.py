"""The sections of docs/accuracy.md that need more than the text tests: recognised speech, misheard utterances, word lists, the
same call recorded otherwise, judging speed. Each takes one JSON and yields Markdown."""

PHRASE_GOAL, FALSE_PER_HOUR_GOAL, FALL_GOAL = 0.80, 1.0, 0.08


def verdict(met):
    return "達成 / met" if met else "未達 / missed"


def percent(value):
    return f"{value['value']:.1%} [{value['low']:.1%}, {value['high']:.1%}]"


def per_hour(value):
    rate = value["per_hour"]
    return (f"{value['count']} 件 / {value['minutes']} 分 ({rate['value']:.1f} [{rate['low']:.1f}, {rate['high']:.1f}] 件/時)")


def recognised_speech(measured):
    heard, read, rate = measured["recognised"], measured["gold"], measured["error_rate"]
    recall, false = heard["recall"]["value"], measured["harmless_speech"]["per_hour"]["value"]
    yield f"""
## 音声認識された通話 (合成音声) / Recognised speech (synthetic voices)

電話帯域の合成音声 (`../shared/data/calls`、感情のこもらない読み上げ) を認識してから判定し、同じ通話の正しい文字起こしの判定と比べました。
見つけた = ラベル付きの言い方に、類型を問わず、検知の時刻が 0.5 秒以内で重なる。文字誤り率は {rate['rate']:.1%} ({rate['characters']} 文字)。
これらの対話の大半は学習にも使われているので、正しい文字起こしの値は高めに出ます。認識による差を見てください。
区間は通話単位のブートストラップ、誤検知はポアソン分布による 95 % 区間です。

Most of these dialogues were also trained on, so the figures from gold transcripts flatter: look at what recognition costs. A labelled
phrase is found if a finding of whatever category lies on it in time, within half a second. Intervals are over calls; those of
false findings are exact Poisson intervals.

| | 認識結果から / recognised | 正しい文字起こしから / gold | 目標 / target | |
|---|---|---|---|---|
| 加害の言い方の検知 / phrases found ({heard['phrases']} in {heard['calls']} calls) | {percent(heard['recall'])} | {percent(read['recall'])} | ≥ 80% | {verdict(recall >= PHRASE_GOAL)} |
| 類型も一致 / with the right category | {percent(heard['recall_same_category'])} | {percent(read['recall_same_category'])} | | |
| 加害の通話を「疑い」とした / calls suspected | {heard['suspected']} / {heard['calls']} | {read['suspected']} / {read['calls']} | | |
| 害のない通話を「疑い」とした / harmless calls suspected | {heard['harmless_suspected']} / {heard['harmless_calls']} | {read['harmless_suspected']} / {read['harmless_calls']} | | |
| 害のない合成通話の誤検知 / false findings, synthetic | {per_hour(heard['false_findings'])} | {per_hour(read['false_findings'])} | | |
| 本物の録音の誤検知 / false findings, {measured['real_recordings_size']} real clips (one may be synthetic) | {per_hour(measured['real_recordings'])} | | | |
| 害のない音声の合計 / all harmless speech | {per_hour(measured['harmless_speech'])} | | ≤ {FALSE_PER_HOUR_GOAL:g} / h | {verdict(false <= FALSE_PER_HOUR_GOAL)} |

害のない音声は {measured['harmless_speech']['minutes']} 分しかないため、1 時間あたりの値の区間は広くなります。"""


def harmless_speech(measured):
    rows = {"bookings": "丁寧な宿泊予約の対話 (ASDC、14 件に 1 件) / polite bookings", "sentences": "朗読用の文 (ITA コーパス) / sentences to recite",
            "all": "合計 / all"}
    whole = measured["all"]["false_findings"]
    yield f"""
## 害のない音声約 1 時間 (合成音声) / About an hour of harmless speech (synthetic voices)

規則にも学習にもしきい値にも使っていない公開の文章を Open JTalk で読み上げ、電話帯域にして認識してから判定しました (`bench/harmless_speech.py`)。
検知はすべて誤検知です。怒った正当な苦情は含まず、**やさしい負例**です。区間はポアソン分布による 95 % 区間。

Public texts that neither rules, training nor thresholds were made with, spoken by Open JTalk through a telephone, recognised and judged.
Every finding is false. Easy negatives: no fair but angry complaint is among them. The sentences to recite are no dealing at all; 194
training lines of that kind were written because their total was bad (`docs/decisions/0005-three-witnesses.md`). Exact Poisson intervals.

| | 誤検知 / false findings | 「疑い」の通話 / suspected | 文字誤り率 / characters wrong | 目標 / target | |
|---|---|---|---|---|---|"""
    for name, title in rows.items():
        row = measured[name]
        goal = f"≤ {FALSE_PER_HOUR_GOAL:g} / h | {verdict(whole['per_hour']['value'] <= FALSE_PER_HOUR_GOAL)}" if name == "all" else " | "
        yield (f"| {title} | {per_hour(row['false_findings'])} | {row['suspected']} / {row['calls']} | "
               f"{row['error_rate']['rate']:.1%} | {goal} |")


def misheard(measured):
    yield f"""
## 聞き違えられた発話 / Misheard utterances

上の合成通話で Whisper base がどう聞き違えたか (読みの仮名ごとの取り違え、同音の別表記) を学び、同じ誤りを試験データの全発話に加えました
(`guardian evaluate --degrade`、乱数の種 1)。実際の音声ではありません。学習にも同じ作り方の聞き違いを使っているため、ほかの認識器の誤りには弱い可能性があります。文字誤り率: 合成通話 {measured['error_rate_of_pairs']:.1%}
({measured['characters_of_pairs']} 文字)、加えた後の試験データ {measured['error_rate']:.1%}。

How Whisper base misheard the synthetic calls was learnt and done to every test utterance; nobody spoke them. The training lines were
misheard in the same manner (`data/training/heard_pairs.jsonl`), so another recogniser's errors may cost more.

| | 書かれたまま / as written | 聞き違え / misheard | 差 / fall | 目標 / target | |
|---|---|---|---|---|---|
| カスハラの再現率 / harassment recall | {percent(measured['recall_as_written'])} | {percent(measured['recall'])} | {percent(measured['fall'])} | ≤ 8 points | {verdict(measured['fall']['value'] <= FALL_GOAL)} |
| 害のない発話の誤検知 / harmless flagged | {percent(measured['flagged_as_written'])} | {percent(measured['flagged'])} | | | |"""


def number(value):
    return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"


def word_lists(measured):
    yield f"""
## 単語リストとの比較 / Against word lists

公開されている三つの不適切語リスト (合わせて {measured['words']} 語) のどれかを含めば検知とする単純な方法との比較です。Web の文は顧客の発話ではなく
有害さの評価で、どちらもそのために作られていません。

The plain union of three public lists of bad words. The web sentences are rated for toxicity and are not customers' speech.

| | F1 リスト / lists | F1 本製品 / ours | 差 / difference | 再現率 / recall | 誤検知 / harmless flagged |
|---|---|---|---|---|---|"""
    for name, title in (("utterances", "試験データの発話 / test utterances"), ("web_sentences", "inspection-ai-toxic")):
        row = measured[name]
        lists, ours = row["lists"], row["ours"]
        yield (f"| {title} ({row['positive']} / {row['size']}) | {number(lists['f1'])} | {number(ours['f1'])} | "
               f"{number(row['difference'])} | {lists['recall']:.1%} → {ours['recall']:.1%} | "
               f"{lists['flagged_harmless']:.1%} → {ours['flagged_harmless']:.1%} |")


def same_call_otherwise(measured):
    bound, rows = measured["bound"], measured["rows"]
    names = list(dict.fromkeys(row["variant"] for row in rows))
    yield f"""
## 録音条件を変えた同じ通話 / The same call recorded otherwise

合成通話 {len({row['call'] for row in rows})} 本。スコアの動きが {bound} 点以内だった通話の数と、最も大きな動き。

| 変更 / variant | {bound} 点以内 / within | 最大の動き / largest move |
|---|---|---|"""
    for name in names:
        moves = [abs(row["moved"]) for row in rows if row["variant"] == name]
        yield f"| {name} | {sum(move <= bound for move in moves)} / {len(moves)} | {max(moves)} |"


def judging_speed(measured):
    wall, cores = measured["wall"], measured["cores"]
    yield f"""
## 判定にかかる時間 / What judging costs

加害的な発言が続く合成通話 {measured['minutes']:.0f} 分 ({measured['turns']} 発話)、{measured['threads']} スレッド、{measured['runs']} 回の中央値、モデルの読み込みを除く。

| | 判定 / judging, s per hour | 認識 / recognising, s per hour | 比 / ratio | 目標 / target | |
|---|---|---|---|---|---|
| 経過時間 / wall clock | {wall['judging_s_per_hour']} | {wall['recognising_s_per_hour']} | {wall['ratio']:.1%} | ≤ {measured['goal']:.0%} | {verdict(wall['ratio'] <= measured['goal'])} |
| 全コアの合計 / all cores | {cores['judging_s_per_hour']} | {cores['recognising_s_per_hour']} | {cores['ratio']:.1%} | | |"""


SECTIONS = {"recognised_speech": recognised_speech, "harmless_speech": harmless_speech, "misheard": misheard, "word_lists": word_lists,
            "same_call_otherwise": same_call_otherwise, "judging_speed": judging_speed}


def further_sections(measurements):
    """Every section whose measurement is there; the others are named."""
    for name, section in SECTIONS.items():
        if name in measurements:
            yield from section(measurements[name])
    missing = [name for name in SECTIONS if name not in measurements]
    if missing:
        yield f"\n測っていません (`../shared` が要ります) / not measured here (needs `../shared`): {', '.join(missing)}"
