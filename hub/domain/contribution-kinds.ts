/** What a contribution (贡献) or anything else that a scheme names is called on screens. */
export interface Names {
  readonly zh: string;
  readonly en: string;
  readonly ko: string;
}

/** The kinds that every scheme knows. A policy may add kinds of its own, and then says what they are called. */
export const contributionNames: Readonly<Record<string, Names>> = {
  information: { zh: '有价值线索', en: 'Information', ko: '제보' },
  mediation: { zh: '纠纷调解', en: 'Mediation', ko: '분쟁 조정' },
  'hazard-removed': { zh: '安全隐患', en: 'Hazard removed', ko: '위험 요소 제거' },
};
