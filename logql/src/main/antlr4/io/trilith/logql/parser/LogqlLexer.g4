lexer grammar LogqlLexer;

options { caseInsensitive = true; }

AND: 'and';
OR: 'or';
UNLESS: 'unless';
OFFSET: 'offset';
BY: 'by';
WITHOUT: 'without';
ON: 'on';
IGNORING: 'ignoring';
GROUP_LEFT: 'group_left';
GROUP_RIGHT: 'group_right';
BOOL: 'bool';
JSON: 'json';
LOGFMT: 'logfmt';
REGEXP: 'regexp';
PATTERN: 'pattern';
UNPACK: 'unpack';
LINE_FORMAT: 'line_format';
LABEL_FORMAT: 'label_format';
DECOLORIZE: 'decolorize';
DROP: 'drop';
KEEP: 'keep';
UNWRAP: 'unwrap';
IP: 'ip';
VECTOR: 'vector';
LABEL_REPLACE: 'label_replace';
CONVERSION: 'duration' | 'duration_seconds' | 'bytes';
AGGREGATOR:
    'sum' | 'avg' | 'min' | 'max' | 'count' | 'stddev' | 'stdvar' | 'topk' | 'bottomk'
    | 'approx_topk' | 'sort' | 'sort_desc';
RANGE_FUNCTION:
    'rate' | 'rate_counter' | 'count_over_time' | 'bytes_rate' | 'bytes_over_time'
    | 'absent_over_time' | 'sum_over_time' | 'avg_over_time' | 'min_over_time' | 'max_over_time'
    | 'first_over_time' | 'last_over_time' | 'stddev_over_time' | 'stdvar_over_time'
    | 'quantile_over_time';

DURATION options { caseInsensitive = false; }:
    (DIGITS ('.' DIGITS)? ('ns' | 'us' | 'µs' | 'ms' | [smhdwy]))+;
BYTES: DIGITS ('.' DIGITS)? ('b' | [kmgtp] 'i'? 'b'? | 'e' 'i'? 'b');
NUMBER: (DIGITS ('.' DIGITS?)? | '.' DIGITS) ('e' [+-]? DIGITS)?;
fragment DIGITS: [0-9]+;

IDENTIFIER: [a-z_] [a-z0-9_]*;

STRING:
    '"' ('\\' ~[\n] | ~["\\\n])* '"'
    | '`' ~[`]* '`';
UNTERMINATED: ["`] .*?;

FLAG: '--' [a-z] [a-z-]*;
PIPE_EXACT: '|=';
PIPE_MATCH: '|~';
PIPE_PATTERN: '|>';
NOT_PATTERN: '!>';
EQUALS: '==';
NOT_EQUALS: '!=';
MATCHES: '=~';
NOT_MATCHES: '!~';
LESS_EQUALS: '<=';
GREATER_EQUALS: '>=';
LESS: '<';
GREATER: '>';
ASSIGN: '=';
PIPE: '|';
PLUS: '+';
MINUS: '-';
TIMES: '*';
COMMENT: ('#' ~[\n]* | '//' ~[\n]* | '/*' .*? '*/') -> skip;
DIVIDE: '/';
MODULO: '%';
POWER: '^';
OPEN_PAREN: '(';
CLOSE_PAREN: ')';
OPEN_BRACE: '{';
CLOSE_BRACE: '}';
OPEN_BRACKET: '[';
CLOSE_BRACKET: ']';
COMMA: ',';
SPACE: [ \t\r\n]+ -> skip;
UNKNOWN: .;
