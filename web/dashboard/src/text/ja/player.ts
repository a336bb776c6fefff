export const player = {
  "player.soft": "やわらかい音で聞く (大声を抑える)",
  "player.clip": "この箇所の音 (個人情報を消したもの)",
  "player.textOnly": "文字だけで確かめる",
  "player.withSound": "音も使う",
  "send.estimating": "長さを調べています",
  "send.estimate": "{count} 件、約 {minutes} 分。今月の残りは {left} 分です。",
  "send.wait": "残りを超えるので、許可が出るか来月になるまで待ちます。失われることはありません。",
  "send.now": "{count} 件を送る",
  "send.cancel": "やめる",
} as const;
