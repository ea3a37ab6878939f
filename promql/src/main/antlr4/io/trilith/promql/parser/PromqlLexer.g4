lexer grammar PromqlLexer;

options { caseInsensitive = true; }

AND: 'and';
OR: 'or';
UNLESS: 'unless';
ATAN2: 'atan2';
OFFSET: 'offset';
BY: 'by';
WITHOUT: 'without';
ON: 'on';
IGNORING: 'ignoring';
GROUP_LEFT: 'group_left';
GROUP_RIGHT: 'group_right';
FILL: 'fill';
FILL_LEFT: 'fill_left';
FILL_RIGHT: 'fill_right';
BOOL: 'bool';
ANCHORED: 'anchored';
SMOOTHED: 'smoothed';
START: 'start';
END: 'end';
STEP: 'step';
RANGE: 'range';
MIN_OF: 'min_of';
MAX_OF: 'max_of';
AGGREGATOR:
    'sum' | 'avg' | 'count' | 'min' | 'max' | 'group' | 'stddev' | 'stdvar' | 'topk' | 'bottomk'
    | 'count_values' | 'quantile' | 'limitk' | 'limit_ratio';
INF: 'inf';
NAN: 'nan';

// Units are small letters, unlike anything else: 5M is no duration.
DURATION options { caseInsensitive = false; }: ([0-9]+ ('ms' | [smhdwy]))+;
NUMBER:
    '0x' [0-9a-f_]+
    | DIGITS ('.' [0-9_]*)? EXPONENT?
    | '.' DIGITS EXPONENT?;
fragment DIGITS: [0-9] [0-9_]*;
fragment EXPONENT: 'e' [+-]? [0-9] [0-9_]*;

IDENTIFIER: [a-z_] [a-z0-9_]*;
METRIC_IDENTIFIER: [a-z_:] [a-z0-9_:]*;

STRING:
    '"' ('\\' ~[\n] | ~["\\\n])* '"'
    | '\'' ('\\' ~[\n] | ~['\\\n])* '\''
    | '`' ~[`]* '`';
UNTERMINATED: ["'`] .*?;

TRIM_UPPER: '</';
TRIM_LOWER: '>/';
EQUALS: '==';
NOT_EQUALS: '!=';
MATCHES: '=~';
NOT_MATCHES: '!~';
LESS_EQUALS: '<=';
GREATER_EQUALS: '>=';
LESS: '<';
GREATER: '>';
ASSIGN: '=';
PLUS: '+';
MINUS: '-';
TIMES: '*';
DIVIDE: '/';
MODULO: '%';
POWER: '^';
OPEN_PAREN: '(';
CLOSE_PAREN: ')';
OPEN_BRACE: '{';
CLOSE_BRACE: '}';
OPEN_BRACKET: '[' -> pushMode(BRACKETS);
COMMA: ',';
AT: '@';
COLON: ':';
COMMENT: '#' ~[\n]* -> skip;
SPACE: [ \t\r\n]+ -> skip;
UNKNOWN: .;

// Between brackets a colon always parts range and step, it never begins a metric name.
mode BRACKETS;
B_STEP: 'step' -> type(STEP);
B_RANGE: 'range' -> type(RANGE);
B_MIN_OF: 'min_of' -> type(MIN_OF);
B_MAX_OF: 'max_of' -> type(MAX_OF);
B_DURATION options { caseInsensitive = false; }: ([0-9]+ ('ms' | [smhdwy]))+ -> type(DURATION);
B_NUMBER: ('0x' [0-9a-f_]+ | DIGITS ('.' [0-9_]*)? EXPONENT? | '.' DIGITS EXPONENT?) -> type(NUMBER);
B_IDENTIFIER: [a-z_] [a-z0-9_]* -> type(IDENTIFIER);
B_PLUS: '+' -> type(PLUS);
B_MINUS: '-' -> type(MINUS);
B_TIMES: '*' -> type(TIMES);
B_DIVIDE: '/' -> type(DIVIDE);
B_MODULO: '%' -> type(MODULO);
B_POWER: '^' -> type(POWER);
B_OPEN_PAREN: '(' -> type(OPEN_PAREN);
B_CLOSE_PAREN: ')' -> type(CLOSE_PAREN);
B_COMMA: ',' -> type(COMMA);
B_COLON: ':' -> type(COLON);
B_COMMENT: '#' ~[\n]* -> skip;
B_SPACE: [ \t\r\n]+ -> skip;
CLOSE_BRACKET: ']' -> popMode;
B_UNKNOWN: . -> type(UNKNOWN);
