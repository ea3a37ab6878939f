grammar TraceQl;

query
    : spansetPipeline hints? EOF                                  # search
    | metrics hints? EOF                                          # metricsQuery
    ;

hints: 'with' '(' hint (',' hint)* ')';
hint: IDENT '=' hintValue;
hintValue: '-'? literal | IDENT;

// ---- metrics

metrics
    : spansetPipeline '|' metricsFunction metricsBy? secondStage*  # metricsPipeline
    | metricsMath secondStage*                                    # metricsExpression
    ;

metricsMath
    : metricsMath op=('*' | '/') metricsMath                      # mathOperation
    | metricsMath op=('+' | '-') metricsMath                      # mathOperation
    | '(' metrics ')'                                             # mathGroup
    | '-'? number                                                 # mathNumber
    ;

secondStage
    : '|' name=('topk' | 'bottomk') '(' INT ')'                   # rankStage
    | op=('=' | '!=' | '<' | '<=' | '>' | '>=') '-'? (number | DURATION)  # compareStage
    ;

metricsFunction
    : name=('rate' | 'count_over_time') '(' ')'                   # countFunction
    | name=('min_over_time' | 'max_over_time' | 'avg_over_time' | 'sum_over_time' | 'histogram_over_time')
      '(' field ')'                                               # fieldFunction
    | 'quantile_over_time' '(' field (',' number)+ ')'       # quantileFunction
    | 'compare' '(' spansetFilter (',' INT)* ')'             # compareFunction
    ;

metricsBy: 'by' '(' field (',' field)* ')';

number: INT | FLOAT;

// ---- spansets

spansetPipeline: stage ('|' stage)*;

stage
    : spansetExpression                                           # spansetStage
    | scalar op=('=' | '!=' | '<' | '<=' | '>' | '>=') scalar     # scalarStage
    | 'by' '(' expression ')'                                     # byStage
    | 'coalesce' '(' ')'                                          # coalesceStage
    | 'select' '(' field (',' field)* ')'                         # selectStage
    ;

spansetExpression
    : spansetExpression op=('>' | '>>' | '<' | '<<' | '~' | '!>' | '!>>' | '!<' | '!<<' | '!~'
        | '&>' | '&>>' | '&<' | '&<<' | '&~') spansetExpression   # structural
    | spansetExpression op=('&&' | '||') spansetExpression        # logicalSpansets
    | '(' spansetPipeline ')'                                     # groupedPipeline
    | spansetFilter                                               # filterOperand
    ;

spansetFilter: '{' expression? '}';

scalar
    : <assoc=right> scalar '^' scalar                             # scalarMath
    | scalar ('*' | '/' | '%') scalar                             # scalarMath
    | '-' scalar                                                  # scalarMinus
    | scalar ('+' | '-') scalar                                   # scalarMath
    | '(' scalar ')'                                              # scalarGroup
    | 'count' '(' ')'                                             # countAggregate
    | name=('min' | 'max' | 'sum' | 'avg') '(' expression ')'     # fieldAggregate
    | literal                                                     # scalarLiteral
    ;

// ---- fields. The order of the alternatives is the precedence.

expression
    : <assoc=right> expression op='^' expression                  # binary
    | expression op=('*' | '/' | '%') expression                  # binary
    | '!' expression                                              # not
    | '-' expression                                              # minus
    | expression op=('+' | '-') expression                        # binary
    | expression op=('=' | '!=' | '<' | '<=' | '>' | '>=' | '=~' | '!~') expression  # binary
    | expression op=('&&' | '||') expression                      # binary
    | '(' expression ')'                                          # grouped
    | literal                                                     # literalOperand
    | field                                                       # fieldOperand
    ;

field: ATTRIBUTE | INTRINSIC | IDENT;

literal
    : INT                                                         # intLiteral
    | FLOAT                                                       # floatLiteral
    | DURATION                                                    # durationLiteral
    | STRING                                                      # stringLiteral
    | RAW_STRING                                                  # rawLiteral
    | word=('true' | 'false' | 'nil' | 'ok' | 'error' | 'unset' | 'unspecified' | 'internal' | 'server'
        | 'client' | 'producer' | 'consumer' | 'minInt' | 'maxInt')  # wordLiteral
    ;

DURATION: (DIGIT+ ('.' DIGIT*)? | '.' DIGIT+) UNIT (DIGIT+ ('.' DIGIT*)? UNIT)*;
FLOAT: (DIGIT+ '.' DIGIT* | '.' DIGIT+) EXPONENT? | DIGIT+ EXPONENT;
INT: DIGIT+;
ATTRIBUTE: SCOPE? '.' PART+;
INTRINSIC: [a-z]+ ':' [a-zA-Z]+;
IDENT: [a-zA-Z_] [a-zA-Z0-9_]*;
STRING: '"' ('\\' . | ~["\\\r\n])* '"';
RAW_STRING: '`' ~[`]* '`';
SPACE: [ \t\r\n]+ -> skip;
LINE_COMMENT: '//' ~[\n]* -> skip;
BLOCK_COMMENT: '/*' .*? '*/' -> skip;
// Whatever is left becomes a token of its own, so that the parser reports it.
UNKNOWN: .;

fragment SCOPE: 'span' | 'resource' | 'event' | 'link' | 'instrumentation' | 'parent';
fragment PART: ~[ \t\r\n{}()=~!<>&|^,"] | '"' ('\\' . | ~["\\])* '"';
fragment UNIT: 'ns' | 'us' | 'µs' | 'μs' | 'ms' | 's' | 'm' | 'h' | 'd' | 'w' | 'y';
fragment EXPONENT: [eE] [+-]? DIGIT+;
fragment DIGIT: [0-9];
